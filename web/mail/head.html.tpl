<!DOCTYPE html>
<html lang="{{LANG}}" dir="{{DIR}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no">
<meta name="x-apple-disable-message-reformatting">
<style>
:root { color-scheme: light dark; supported-color-schemes: light dark; }
body { margin: 0; padding: 0; -webkit-text-size-adjust: 100%; }
table { border-collapse: collapse; }
a { text-underline-offset: 2px; }
[dir=rtl] .note { border-left: 0 !important; border-right: 3px solid #121212 !important; }
@media (min-width: 640px) {
.outer { padding: 28px 0 44px 0 !important; }
}
@media (max-width: 480px) {
.pad { padding-left: 20px !important; padding-right: 20px !important; }
.headline { font-size: 27px !important; line-height: 32px !important; }
.masthead { font-size: 21px !important; }
}
@media (prefers-color-scheme: dark) {
body, .page { background-color: #0e0f10 !important; }
.card { background-color: #17181a !important; }
.ink, .ink a { color: #f2f0ea !important; }
.soft { color: #d6d3cb !important; }
.faint, .faint a { color: #a8a59d !important; }
.rule { border-color: #3a3b3e !important; }
.bar { border-color: #f2f0ea !important; }
.hot { color: #ff7b74 !important; }
.tag { background-color: #c9252d !important; color: #ffffff !important; }
.note { background-color: #222326 !important; border-color: #f2f0ea !important; }
.button { background-color: #f2f0ea !important; }
.button a { color: #121212 !important; }
}
[data-ogsc] .ink, [data-ogsc] .ink a { color: #f2f0ea !important; }
[data-ogsc] .soft { color: #d6d3cb !important; }
[data-ogsc] .faint, [data-ogsc] .faint a { color: #a8a59d !important; }
[data-ogsc] .hot { color: #ff7b74 !important; }
[data-ogsc] .button a { color: #121212 !important; }
[data-ogsb] .button { background-color: #f2f0ea !important; }
[data-ogsb] .card { background-color: #17181a !important; }
</style>

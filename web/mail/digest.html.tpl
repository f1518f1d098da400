{{>mail/head.html.tpl}}
<title>{{@mail_digest.heading}}</title>
{{>mail/notice_top.html.tpl}}
<h1 class="headline ink" style="margin:0;font-family:Georgia,'Times New Roman',Times,serif;font-size:28px;line-height:34px;font-weight:bold;letter-spacing:-0.3px;color:#121212;">{{@mail_digest.heading}}</h1>
<p class="soft" style="margin:12px 0 0 0;font-family:Georgia,'Times New Roman',Times,serif;font-size:17px;line-height:26px;color:#333333;">{{@mail_digest.lead}}</p>
{{#STORY}}
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:24px 0 0 0;">
<tr>
<td class="rule" style="padding:18px 0 0 0;border-top:1px solid #d9d6ce;">
<p class="faint" style="margin:0 0 6px 0;font-family:Arial,Helvetica,sans-serif;font-size:13px;line-height:19px;color:#62605b;">{{WHEN}}{{#CORRECTED}} · <strong>{{@kind.corrected}}</strong>{{/CORRECTED}}</p>
<h2 class="ink" style="margin:0;font-family:Georgia,'Times New Roman',Times,serif;font-size:21px;line-height:27px;font-weight:bold;color:#121212;word-break:break-word;overflow-wrap:anywhere;"><a href="{{URL}}" style="color:#121212;text-decoration:none;">{{HEADLINE}}</a></h2>
{{#SUMMARY}}
<p class="soft" style="margin:8px 0 0 0;font-family:Georgia,'Times New Roman',Times,serif;font-size:17px;line-height:26px;color:#333333;word-break:break-word;overflow-wrap:anywhere;">{{SUMMARY}}</p>
{{/SUMMARY}}
<p class="ink" style="margin:10px 0 0 0;font-family:Arial,Helvetica,sans-serif;font-size:15px;line-height:22px;font-weight:bold;"><a href="{{URL}}" style="color:#121212;">{{@mail_alert.read}}</a></p>
</td>
</tr>
</table>
{{/STORY}}
<p class="ink" style="margin:24px 0 0 0;font-family:Arial,Helvetica,sans-serif;font-size:15px;line-height:22px;font-weight:bold;"><a href="{{ALERTS_URL}}" style="color:#121212;">{{@alerts.title}}</a></p>
<p class="faint" style="margin:28px 0 0 0;font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:21px;color:#62605b;">{{@mail_digest.why}}</p>
<p class="faint" style="margin:12px 0 0 0;font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:24px;color:#62605b;"><a href="{{PREFERENCES_URL}}" style="display:inline-block;margin:0 16px 0 0;color:#62605b;">{{@mail_alert.change}}</a> <a href="{{UNSUBSCRIBE_URL}}" style="display:inline-block;color:#62605b;">{{@mail_digest.unsubscribe}}</a></p>
{{>mail/notice_bottom.html.tpl}}

{{>mail/head.html.tpl}}
<title>{{HEADLINE}}</title>
</head>
<body class="page" style="margin:0;padding:0;background-color:#f3f1ec;">
<div style="display:none;max-height:0;max-width:0;overflow:hidden;opacity:0;mso-hide:all;">{{SUMMARY}}</div>
<table role="presentation" class="page" dir="{{DIR}}" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="#f3f1ec" style="background-color:#f3f1ec;">
<tr>
<td class="outer" align="center" style="padding:0;">
<table role="presentation" class="card" width="600" cellpadding="0" cellspacing="0" border="0" bgcolor="#ffffff" style="width:100%;max-width:600px;background-color:#ffffff;">
<tr>
<td class="pad" align="center" style="padding:22px 36px 0 36px;">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">
<tr>
<td class="masthead ink bar" align="center" style="padding:0 0 14px 0;border-bottom:3px double #121212;font-family:Georgia,'Times New Roman',Times,serif;font-size:25px;line-height:30px;font-weight:bold;letter-spacing:-0.2px;color:#121212;word-break:break-word;"><a href="{{SITE_URL}}" style="color:#121212;text-decoration:none;">{{NEWSPAPER}}</a></td>
</tr>
</table>
</td>
</tr>
<tr>
<td class="pad" style="padding:26px 36px 0 36px;">
{{#IS_ALERT}}
<p style="margin:0 0 12px 0;font-family:Arial,Helvetica,sans-serif;font-size:13px;line-height:18px;font-weight:bold;letter-spacing:1.2px;text-transform:uppercase;"><span class="tag" style="display:inline-block;padding:4px 9px 3px 9px;background-color:#b0101a;color:#ffffff;">{{KICKER}}</span></p>
{{/IS_ALERT}}
{{#IS_UPDATE}}
<p class="hot" style="margin:0 0 10px 0;font-family:Arial,Helvetica,sans-serif;font-size:13px;line-height:18px;font-weight:bold;letter-spacing:1.4px;text-transform:uppercase;color:#b0101a;">{{KICKER}}</p>
{{/IS_UPDATE}}
{{#IS_CORRECTION}}
<p class="ink" style="margin:0 0 10px 0;font-family:Arial,Helvetica,sans-serif;font-size:13px;line-height:18px;font-weight:bold;letter-spacing:1.4px;text-transform:uppercase;color:#121212;">{{KICKER}}</p>
{{/IS_CORRECTION}}
{{#IS_RETRACTION}}
<p class="ink" style="margin:0 0 10px 0;font-family:Arial,Helvetica,sans-serif;font-size:13px;line-height:18px;font-weight:bold;letter-spacing:1.4px;text-transform:uppercase;color:#121212;">{{KICKER}}</p>
{{/IS_RETRACTION}}
<h1 class="headline ink" style="margin:0;font-family:Georgia,'Times New Roman',Times,serif;font-size:32px;line-height:38px;font-weight:bold;letter-spacing:-0.3px;color:#121212;word-break:break-word;overflow-wrap:anywhere;">{{HEADLINE}}</h1>
{{#SUMMARY}}
<p class="soft" style="margin:14px 0 0 0;font-family:Georgia,'Times New Roman',Times,serif;font-size:18px;line-height:27px;color:#333333;word-break:break-word;overflow-wrap:anywhere;">{{SUMMARY}}</p>
{{/SUMMARY}}
{{#PUBLISHED}}
<p class="faint" style="margin:12px 0 0 0;font-family:Arial,Helvetica,sans-serif;font-size:13px;line-height:19px;color:#62605b;">{{PUBLISHED}}</p>
{{/PUBLISHED}}
{{#ORIGINAL_HEADLINE}}
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:20px 0 0 0;">
<tr>
<td class="note soft" bgcolor="#f6f5f1" style="padding:13px 16px;background-color:#f6f5f1;border-left:3px solid #121212;font-family:Arial,Helvetica,sans-serif;font-size:15px;line-height:22px;color:#333333;word-break:break-word;">
{{#IS_UPDATE}}
{{@mail_alert.updates}}
{{/IS_UPDATE}}
{{#IS_CORRECTION}}
{{@mail_alert.corrects}}
{{/IS_CORRECTION}}
{{#IS_RETRACTION}}
{{@mail_alert.withdraws}}
{{/IS_RETRACTION}}
{{@mail_alert.quote}}</td>
</tr>
</table>
{{/ORIGINAL_HEADLINE}}
{{#PARAGRAPH}}
<p class="ink" style="margin:16px 0 0 0;font-family:Georgia,'Times New Roman',Times,serif;font-size:17px;line-height:26px;color:#121212;word-break:break-word;overflow-wrap:anywhere;">{{TEXT}}</p>
{{/PARAGRAPH}}
{{#ARTICLE_URL}}
<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:24px 0 0 0;">
<tr>
<td class="button" align="center" bgcolor="#121212" style="background-color:#121212;border-radius:3px;mso-padding-alt:13px 26px;">
<a href="{{ARTICLE_URL}}" style="display:inline-block;padding:13px 26px;font-family:Arial,Helvetica,sans-serif;font-size:16px;line-height:22px;font-weight:bold;color:#ffffff;text-decoration:none;">
{{#IS_ALERT}}
{{@mail_alert.read}}
{{/IS_ALERT}}
{{#IS_UPDATE}}
{{@mail_alert.read_update}}
{{/IS_UPDATE}}
{{#IS_CORRECTION}}
{{@mail_alert.read_correction}}
{{/IS_CORRECTION}}
{{#IS_RETRACTION}}
{{@mail_alert.read_retraction}}
{{/IS_RETRACTION}}
</a>
</td>
</tr>
</table>
{{/ARTICLE_URL}}
</td>
</tr>
<tr>
<td class="pad" style="padding:34px 36px 30px 36px;">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">
<tr>
<td class="faint rule" style="padding:18px 0 0 0;border-top:1px solid #d9d6ce;font-family:Arial,Helvetica,sans-serif;font-size:13px;line-height:20px;color:#62605b;">
<p style="margin:0 0 12px 0;">{{@mail_alert.why}}</p>
<p style="margin:0 0 12px 0;line-height:24px;"><a href="{{UNSUBSCRIBE_URL}}" style="display:inline-block;margin:0 16px 0 0;color:#62605b;">{{@mail_alert.unsubscribe}}</a> <a href="{{PREFERENCES_URL}}" style="display:inline-block;margin:0 16px 0 0;color:#62605b;">{{@mail_alert.change}}</a>
{{#MAY_MUTE}}
<a href="{{PREFERENCES_URL}}/mute" style="display:inline-block;margin:0 16px 0 0;color:#62605b;">{{@mail_alert.mute}}</a>
{{/MAY_MUTE}}
{{#WEB_URL}}
<a href="{{WEB_URL}}" style="display:inline-block;margin:0 16px 0 0;color:#62605b;">{{@mail_alert.web}}</a>
{{/WEB_URL}}
{{#PRIVACY_URL}}
<a href="{{PRIVACY_URL}}" style="display:inline-block;margin:0 16px 0 0;color:#62605b;">{{@mail.privacy}}</a>
{{/PRIVACY_URL}}
</p>
<p style="margin:0;">{{NEWSPAPER}}
{{#POSTAL_ADDRESS}}
<br>{{POSTAL_ADDRESS}}
{{/POSTAL_ADDRESS}}
</p>
</td>
</tr>
</table>
</td>
</tr>
</table>
</td>
</tr>
</table>
</body>
</html>

{{>mail/head.html.tpl}}
<title>{{@mail_confirm.subject}}</title>
{{>mail/notice_top.html.tpl}}
<h1 class="headline ink" style="margin:0;font-family:Georgia,'Times New Roman',Times,serif;font-size:28px;line-height:34px;font-weight:bold;letter-spacing:-0.3px;color:#121212;">{{@mail_confirm.heading}}</h1>
<p class="soft" style="margin:14px 0 0 0;font-family:Georgia,'Times New Roman',Times,serif;font-size:17px;line-height:26px;color:#333333;">{{@mail_confirm.who}}</p>
<ul class="ink" style="margin:10px 0 0 0;padding:0 0 0 22px;font-family:Georgia,'Times New Roman',Times,serif;font-size:17px;line-height:26px;font-weight:bold;color:#121212;">
{{#LIST}}
<li>{{NAME}}</li>
{{/LIST}}
</ul>
<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:24px 0 0 0;">
<tr>
<td class="button" align="center" bgcolor="#121212" style="background-color:#121212;border-radius:3px;mso-padding-alt:13px 26px;">
<a href="{{CONFIRM_URL}}" style="display:inline-block;padding:13px 26px;font-family:Arial,Helvetica,sans-serif;font-size:16px;line-height:22px;font-weight:bold;color:#ffffff;text-decoration:none;">{{@mail_confirm.button}}</a>
</td>
</tr>
</table>
<p class="faint" style="margin:22px 0 0 0;font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:21px;color:#62605b;">{{@mail.broken_button}}<br><a href="{{CONFIRM_URL}}" style="color:#62605b;word-break:break-all;">{{CONFIRM_URL}}</a></p>
{{#VALID}}
<p class="faint" style="margin:12px 0 0 0;font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:21px;color:#62605b;">{{@mail.valid}}</p>
{{/VALID}}
<p class="faint" style="margin:12px 0 0 0;font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:21px;color:#62605b;">{{@mail_confirm.not_you}}
{{#NOT_ME_URL}}
{{@mail_confirm.tell_us <a href="{{NOT_ME_URL}}" style="color:#62605b;">}}
{{/NOT_ME_URL}}
</p>
{{>mail/notice_bottom.html.tpl}}

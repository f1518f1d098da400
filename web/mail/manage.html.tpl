{{>mail/head.html.tpl}}
<title>{{@mail_manage.subject}}</title>
{{>mail/notice_top.html.tpl}}
<h1 class="headline ink" style="margin:0;font-family:Georgia,'Times New Roman',Times,serif;font-size:28px;line-height:34px;font-weight:bold;letter-spacing:-0.3px;color:#121212;">{{@mail_manage.heading}}</h1>
<p class="soft" style="margin:14px 0 0 0;font-family:Georgia,'Times New Roman',Times,serif;font-size:17px;line-height:26px;color:#333333;">{{@mail_manage.what}}</p>
<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:24px 0 0 0;">
<tr>
<td class="button" align="center" bgcolor="#121212" style="background-color:#121212;border-radius:3px;mso-padding-alt:13px 26px;">
<a href="{{MANAGE_URL}}" style="display:inline-block;padding:13px 26px;font-family:Arial,Helvetica,sans-serif;font-size:16px;line-height:22px;font-weight:bold;color:#ffffff;text-decoration:none;">{{@mail_manage.button}}</a>
</td>
</tr>
</table>
<p class="faint" style="margin:22px 0 0 0;font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:21px;color:#62605b;">{{@mail.broken_button}}<br><a href="{{MANAGE_URL}}" style="color:#62605b;word-break:break-all;">{{MANAGE_URL}}</a></p>
{{#VALID}}
<p class="faint" style="margin:12px 0 0 0;font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:21px;color:#62605b;">{{@mail.valid}} {{@mail_manage.do_not_forward}}</p>
{{/VALID}}
<p class="faint" style="margin:12px 0 0 0;font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:21px;color:#62605b;">{{@mail_manage.not_you}}</p>
{{>mail/notice_bottom.html.tpl}}

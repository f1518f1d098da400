{{>mail/head.html.tpl}}
<title>Your email settings for {{NEWSPAPER}}</title>
{{>mail/notice_top.html.tpl}}
<h1 class="headline ink" style="margin:0;font-family:Georgia,'Times New Roman',Times,serif;font-size:28px;line-height:34px;font-weight:bold;letter-spacing:-0.3px;color:#121212;">Your email settings</h1>
<p class="soft" style="margin:14px 0 0 0;font-family:Georgia,'Times New Roman',Times,serif;font-size:17px;line-height:26px;color:#333333;">Here you can see what {{NEWSPAPER}} sends to this address, change it, or stop it all.</p>
<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:24px 0 0 0;">
<tr>
<td class="button" align="center" bgcolor="#121212" style="background-color:#121212;border-radius:3px;mso-padding-alt:13px 26px;">
<a href="{{MANAGE_URL}}" style="display:inline-block;padding:13px 26px;font-family:Arial,Helvetica,sans-serif;font-size:16px;line-height:22px;font-weight:bold;color:#ffffff;text-decoration:none;">Open my settings</a>
</td>
</tr>
</table>
<p class="faint" style="margin:22px 0 0 0;font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:21px;color:#62605b;">If the button does not work, open this address in your browser:<br><a href="{{MANAGE_URL}}" style="color:#62605b;word-break:break-all;">{{MANAGE_URL}}</a></p>
{{#VALID}}
<p class="faint" style="margin:12px 0 0 0;font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:21px;color:#62605b;">The link works for {{VALID}}. Whoever has it can change these settings: please do not forward this email.</p>
{{/VALID}}
<p class="faint" style="margin:12px 0 0 0;font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:21px;color:#62605b;">You did not ask for this? Then do nothing: nothing has changed.</p>
{{>mail/notice_bottom.html.tpl}}

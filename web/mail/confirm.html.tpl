{{>mail/head.html.tpl}}
<title>Confirm your sign-up to {{NEWSPAPER}}</title>
{{>mail/notice_top.html.tpl}}
<h1 class="headline ink" style="margin:0;font-family:Georgia,'Times New Roman',Times,serif;font-size:28px;line-height:34px;font-weight:bold;letter-spacing:-0.3px;color:#121212;">Please confirm your sign-up</h1>
<p class="soft" style="margin:14px 0 0 0;font-family:Georgia,'Times New Roman',Times,serif;font-size:17px;line-height:26px;color:#333333;">Somebody, most likely you, asked {{NEWSPAPER}} to send this address:</p>
<ul class="ink" style="margin:10px 0 0 0;padding:0 0 0 22px;font-family:Georgia,'Times New Roman',Times,serif;font-size:17px;line-height:26px;font-weight:bold;color:#121212;">
{{#LIST}}
<li>{{NAME}}</li>
{{/LIST}}
</ul>
<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:24px 0 0 0;">
<tr>
<td class="button" align="center" bgcolor="#121212" style="background-color:#121212;border-radius:3px;mso-padding-alt:13px 26px;">
<a href="{{CONFIRM_URL}}" style="display:inline-block;padding:13px 26px;font-family:Arial,Helvetica,sans-serif;font-size:16px;line-height:22px;font-weight:bold;color:#ffffff;text-decoration:none;">Confirm my sign-up</a>
</td>
</tr>
</table>
<p class="faint" style="margin:22px 0 0 0;font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:21px;color:#62605b;">If the button does not work, open this address in your browser:<br><a href="{{CONFIRM_URL}}" style="color:#62605b;word-break:break-all;">{{CONFIRM_URL}}</a></p>
{{#VALID}}
<p class="faint" style="margin:12px 0 0 0;font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:21px;color:#62605b;">The link works for {{VALID}}.</p>
{{/VALID}}
<p class="faint" style="margin:12px 0 0 0;font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:21px;color:#62605b;">Not you? Then do nothing: without your confirmation we send nothing more.
{{#NOT_ME_URL}}
Or <a href="{{NOT_ME_URL}}" style="color:#62605b;">tell us that this wasn&rsquo;t you</a>, and we will not ask again.
{{/NOT_ME_URL}}
</p>
{{>mail/notice_bottom.html.tpl}}

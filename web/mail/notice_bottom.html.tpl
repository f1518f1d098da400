</td>
</tr>
<tr>
<td class="pad" style="padding:34px 36px 30px 36px;">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">
<tr>
<td class="faint rule" style="padding:18px 0 0 0;border-top:1px solid #d9d6ce;font-family:Arial,Helvetica,sans-serif;font-size:13px;line-height:20px;color:#62605b;">
<p style="margin:0;"><a href="{{SITE_URL}}" style="color:#62605b;">{{NEWSPAPER}}</a>
{{#POSTAL_ADDRESS}}
<br>{{POSTAL_ADDRESS}}
{{/POSTAL_ADDRESS}}
{{#PRIVACY_URL}}
<br><a href="{{PRIVACY_URL}}" style="color:#62605b;">{{@mail.privacy}}</a>
{{/PRIVACY_URL}}
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

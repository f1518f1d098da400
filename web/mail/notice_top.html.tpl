</head>
<body class="page" style="margin:0;padding:0;background-color:#f3f1ec;">
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
<td class="pad" style="padding:28px 36px 0 36px;">

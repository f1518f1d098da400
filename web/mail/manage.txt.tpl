{{NEWSPAPER}}

Your email settings

Here you can see what {{NEWSPAPER}} sends to this address, change it,
or stop it all:
{{MANAGE_URL}}

{{#VALID}}
The link works for {{VALID}}. Whoever has it can change these settings:
please do not forward this email.

{{/VALID}}
You did not ask for this? Then do nothing: nothing has changed.

----------------------------------------

{{NEWSPAPER}}
{{#POSTAL_ADDRESS}}
{{POSTAL_ADDRESS}}
{{/POSTAL_ADDRESS}}
{{SITE_URL}}
{{#PRIVACY_URL}}
Privacy notice: {{PRIVACY_URL}}
{{/PRIVACY_URL}}

{{NEWSPAPER}}

Please confirm your sign-up

Somebody, most likely you, asked {{NEWSPAPER}} to send this address:

{{#LIST}}
- {{NAME}}
{{/LIST}}

To confirm, open this link and press the button there:
{{CONFIRM_URL}}

{{#VALID}}
The link works for {{VALID}}.

{{/VALID}}
Not you? Then do nothing: without your confirmation we send nothing more.
{{#NOT_ME_URL}}
Or tell us that this wasn't you, and we will not ask again:
{{NOT_ME_URL}}
{{/NOT_ME_URL}}

----------------------------------------

{{NEWSPAPER}}
{{#POSTAL_ADDRESS}}
{{POSTAL_ADDRESS}}
{{/POSTAL_ADDRESS}}
{{SITE_URL}}
{{#PRIVACY_URL}}
Privacy notice: {{PRIVACY_URL}}
{{/PRIVACY_URL}}

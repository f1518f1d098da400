{{NEWSPAPER}}

{{@mail_confirm.heading}}

{{@mail_confirm.who}}

{{#LIST}}
- {{NAME}}
{{/LIST}}

{{@mail_confirm.open}}
{{CONFIRM_URL}}

{{#VALID}}
{{@mail.valid}}

{{/VALID}}
{{@mail_confirm.not_you}}
{{#NOT_ME_URL}}
{{@mail_confirm.tell_us_at}}
{{NOT_ME_URL}}
{{/NOT_ME_URL}}

----------------------------------------

{{NEWSPAPER}}
{{#POSTAL_ADDRESS}}
{{POSTAL_ADDRESS}}
{{/POSTAL_ADDRESS}}
{{SITE_URL}}
{{#PRIVACY_URL}}
{{@mail.privacy}}: {{PRIVACY_URL}}
{{/PRIVACY_URL}}

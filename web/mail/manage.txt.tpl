{{NEWSPAPER}}

{{@mail_manage.heading}}

{{@mail_manage.what_at}}
{{MANAGE_URL}}

{{#VALID}}
{{@mail.valid}} {{@mail_manage.do_not_forward}}

{{/VALID}}
{{@mail_manage.not_you}}

----------------------------------------

{{NEWSPAPER}}
{{#POSTAL_ADDRESS}}
{{POSTAL_ADDRESS}}
{{/POSTAL_ADDRESS}}
{{SITE_URL}}
{{#PRIVACY_URL}}
{{@mail.privacy}}: {{PRIVACY_URL}}
{{/PRIVACY_URL}}

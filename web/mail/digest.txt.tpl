{{NEWSPAPER}} | {{@mail_digest.heading}}

{{@mail_digest.lead}}

{{#STORY}}
----------------------------------------

{{WHEN}}{{#CORRECTED}} ({{@kind.corrected}}){{/CORRECTED}}

{{HEADLINE}}

{{#SUMMARY}}
{{SUMMARY}}

{{/SUMMARY}}
{{@mail_alert.read}}:
{{URL}}

{{/STORY}}
----------------------------------------

{{@alerts.title}}:
{{ALERTS_URL}}

{{@mail_digest.why}}

{{@mail_alert.change}}:
{{PREFERENCES_URL}}

{{@mail_digest.unsubscribe}}:
{{UNSUBSCRIBE_URL}}

{{#PRIVACY_URL}}
{{@mail.privacy}}:
{{PRIVACY_URL}}

{{/PRIVACY_URL}}
{{NEWSPAPER}}
{{#POSTAL_ADDRESS}}
{{POSTAL_ADDRESS}}
{{/POSTAL_ADDRESS}}
{{SITE_URL}}

{{NEWSPAPER}} | {{KICKER_UPPER}}

{{HEADLINE}}

{{#SUMMARY}}
{{SUMMARY}}

{{/SUMMARY}}
{{#ORIGINAL_HEADLINE}}
{{#IS_UPDATE}}
{{@mail_alert.updates}} {{@mail_alert.quote}}

{{/IS_UPDATE}}
{{#IS_CORRECTION}}
{{@mail_alert.corrects}} {{@mail_alert.quote}}

{{/IS_CORRECTION}}
{{#IS_RETRACTION}}
{{@mail_alert.withdraws}} {{@mail_alert.quote}}

{{/IS_RETRACTION}}
{{/ORIGINAL_HEADLINE}}
{{#PARAGRAPH}}
{{TEXT}}

{{/PARAGRAPH}}
{{#ARTICLE_URL}}
{{#IS_ALERT}}
{{@mail_alert.read}}:
{{/IS_ALERT}}
{{#IS_UPDATE}}
{{@mail_alert.read_update}}:
{{/IS_UPDATE}}
{{#IS_CORRECTION}}
{{@mail_alert.read_correction}}:
{{/IS_CORRECTION}}
{{#IS_RETRACTION}}
{{@mail_alert.read_retraction}}:
{{/IS_RETRACTION}}
{{ARTICLE_URL}}

{{/ARTICLE_URL}}
{{#PUBLISHED}}
{{PUBLISHED}}

{{/PUBLISHED}}
----------------------------------------

{{@mail_alert.why}}

{{@mail_alert.unsubscribe}}:
{{UNSUBSCRIBE_URL}}

{{@mail_alert.change}}:
{{PREFERENCES_URL}}

{{#MAY_MUTE}}
{{@mail_alert.mute}}:
{{PREFERENCES_URL}}/mute

{{/MAY_MUTE}}
{{#WEB_URL}}
{{@mail_alert.web}}:
{{WEB_URL}}

{{/WEB_URL}}
{{#PRIVACY_URL}}
{{@mail.privacy}}:
{{PRIVACY_URL}}

{{/PRIVACY_URL}}
{{NEWSPAPER}}
{{#POSTAL_ADDRESS}}
{{POSTAL_ADDRESS}}
{{/POSTAL_ADDRESS}}
{{SITE_URL}}

{{NEWSPAPER}} | {{KICKER_UPPER}}

{{HEADLINE}}

{{#SUMMARY}}
{{SUMMARY}}

{{/SUMMARY}}
{{#ORIGINAL_HEADLINE}}
{{#IS_UPDATE}}
This updates our earlier alert: "{{ORIGINAL_HEADLINE}}"

{{/IS_UPDATE}}
{{#IS_CORRECTION}}
This corrects our earlier alert: "{{ORIGINAL_HEADLINE}}"

{{/IS_CORRECTION}}
{{#IS_RETRACTION}}
We have withdrawn our earlier alert: "{{ORIGINAL_HEADLINE}}"

{{/IS_RETRACTION}}
{{/ORIGINAL_HEADLINE}}
{{#PARAGRAPH}}
{{TEXT}}

{{/PARAGRAPH}}
{{#ARTICLE_URL}}
{{#IS_ALERT}}
Read the full story:
{{/IS_ALERT}}
{{#IS_UPDATE}}
Read the latest:
{{/IS_UPDATE}}
{{#IS_CORRECTION}}
Read the corrected story:
{{/IS_CORRECTION}}
{{#IS_RETRACTION}}
Read our note:
{{/IS_RETRACTION}}
{{ARTICLE_URL}}

{{/ARTICLE_URL}}
{{#PUBLISHED}}
{{PUBLISHED}}

{{/PUBLISHED}}
----------------------------------------

You get this email because you signed up to {{LIST}} from {{NEWSPAPER}}.

Unsubscribe:
{{UNSUBSCRIBE_URL}}

Change what you get:
{{PREFERENCES_URL}}

{{#WEB_URL}}
Read this alert on the web:
{{WEB_URL}}

{{/WEB_URL}}
{{#PRIVACY_URL}}
Privacy notice:
{{PRIVACY_URL}}

{{/PRIVACY_URL}}
{{NEWSPAPER}}
{{#POSTAL_ADDRESS}}
{{POSTAL_ADDRESS}}
{{/POSTAL_ADDRESS}}
{{SITE_URL}}

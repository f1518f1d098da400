{{%LAYOUT templates/inbox_layout.html.tpl}}
<p class="back"><a href="/inbox">All mail</a></p>
<article class="message">
  <h1>{{SUBJECT}}</h1>
  <dl class="facts">
    <div><dt>From</dt><dd>{{FROM}}</dd></div>
    <div><dt>To</dt><dd>{{TO}}</dd></div>
    <div><dt>Taken</dt><dd><time datetime="{{TIME_ISO}}">{{TIME}} UTC</time>, {{SIZE}}</dd></div>
    <div><dt>Envelope</dt><dd class="mono">{{MAIL_FROM}} → {{#RCPT}}{{ADDRESS}} {{/RCPT}}</dd></div>
    <div><dt>DKIM</dt><dd>
      {{#DKIM}}
      <span class="verdict verdict-{{DKIM_CLASS}}"><strong>{{DKIM_STATUS}}</strong> {{DKIM_DOMAIN}} <span class="mono">{{DKIM_ALGORITHM}}</span>{{#DKIM_REASON}}: {{DKIM_REASON}}{{/DKIM_REASON}}</span>
      {{/DKIM}}
      {{#NO_DKIM}}<span class="verdict">no signature</span>{{/NO_DKIM}}
    </dd></div>
    {{#ATTACHMENT}}
    <div><dt>Attached</dt><dd>{{ATTACHMENT_NAME}}, {{ATTACHMENT_SIZE}}</dd></div>
    {{/ATTACHMENT}}
  </dl>
  <nav class="tabs" aria-label="Views of this message">
    {{#TAB}}
    <a href="/inbox/{{TAB_ID}}?view={{VIEW}}"{{#CURRENT}} aria-current="page"{{/CURRENT}}>{{LABEL}}</a>
    {{/TAB}}
    <a class="download" href="/inbox/{{ID}}/raw">Download</a>
  </nav>
  {{#VIEW_HTML}}
  <iframe class="sheet" title="The message as HTML" src="/inbox/{{ID}}/html" sandbox="allow-popups allow-popups-to-escape-sandbox" referrerpolicy="no-referrer"></iframe>
  {{/VIEW_HTML}}
  {{#VIEW_TEXT}}
  <pre class="sheet text" tabindex="0">{{TEXT}}</pre>
  {{/VIEW_TEXT}}
  {{#VIEW_HEADERS}}
  <table class="sheet headers">
    <thead class="skip-visual"><tr><th scope="col">Header</th><th scope="col">Value</th></tr></thead>
    <tbody>
    {{#HEADER}}
    <tr><th scope="row">{{NAME}}</th><td>{{VALUE}}</td></tr>
    {{/HEADER}}
    </tbody>
  </table>
  {{/VIEW_HEADERS}}
  {{#VIEW_SOURCE}}
  <pre class="sheet source" tabindex="0">{{SOURCE}}</pre>
  {{/VIEW_SOURCE}}
</article>

{{%LAYOUT templates/reader_layout.html.tpl}}
<p class="kicker">For developers</p>
<h1>The {{LIST_NAME}} sign-up box</h1>
<p class="lead">Paste it where the story ends. It is a plain form that works without scripts; the script lets readers stay on the page.</p>
<h2>The box</h2>
<pre><code>{{#SNIPPET}}{{LINE}}
{{/SNIPPET}}</code></pre>
<h2>Or one line, built by the script</h2>
<pre><code>{{#SNIPPET_SCRIPT}}{{LINE}}
{{/SNIPPET_SCRIPT}}</code></pre>
<h2>Or a frame</h2>
<pre><code>{{#SNIPPET_FRAME}}{{LINE}}
{{/SNIPPET_FRAME}}</code></pre>
<h2>Your Content-Security-Policy, if you have one</h2>
<pre><code>{{#SNIPPET_CSP}}{{LINE}}
{{/SNIPPET_CSP}}</code></pre>
<h2>Your colours and fonts</h2>
<p>Set these custom properties on the box or on any element around it; each has a default for light and for dark pages. The box is dark where the page around it is, by its <code>color-scheme</code>; <code>data-tocsin-theme="light"</code> or <code>"dark"</code> on the box decides it.</p>
<pre><code>{{#SNIPPET_THEME}}{{LINE}}
{{/SNIPPET_THEME}}</code></pre>

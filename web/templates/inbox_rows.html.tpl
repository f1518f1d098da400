{{#EMPTY}}
<div class="empty">
  <p class="empty-title">No mail yet</p>
  <p>Sign up with any address, or release an alert from the desk. What is sent appears here at once.</p>
</div>
{{/EMPTY}}
{{#EMPTY_TO}}
<div class="empty">
  <p class="empty-title">No mail to {{TO_FILTER}}</p>
  <p>Mail to other addresses is not shown. <a href="/inbox">Show all mail</a></p>
</div>
{{/EMPTY_TO}}
<ol class="messages">
{{#ROW}}
  <li data-id="{{ID}}">
    <a class="subject" href="/inbox/{{ID}}">{{SUBJECT}}</a>
    <span class="people"><span class="to">to {{TO}}</span> <span class="from">from {{FROM}}</span></span>
    <time datetime="{{TIME_ISO}}">{{TIME}}</time>
  </li>
{{/ROW}}
</ol>
{{#OLDER}}<p class="older"><a href="/inbox?before={{BEFORE}}&amp;to={{TO_FILTER}}">Older mail</a></p>{{/OLDER}}

{{%LAYOUT templates/reader_layout.html.tpl}}
<h1>{{@privacy.title}}</h1>
<p class="lead">{{@privacy.lead}}</p>
<h2>{{@privacy.who}}</h2>
<p>{{@privacy.who_what}}{{#CONTACT}} {{@privacy.contact}}{{/CONTACT}}</p>
<h2>{{@privacy.keep}}</h2>
<ul>
  <li>{{@privacy.keep_address}}</li>
  <li>{{@privacy.keep_record}}</li>
  <li>{{@privacy.keep_delivery}}</li>
  <li>{{@privacy.keep_marketing}}</li>
</ul>
<h2>{{@privacy.not}}</h2>
<ul>
  <li>{{@privacy.not_sell}}</li>
  <li>{{@privacy.not_track}}</li>
  <li>{{@privacy.not_cookies}}</li>
</ul>
<h2>{{@privacy.long}}</h2>
<p>{{@privacy.long_what}}</p>
<h2>{{@privacy.rights}}</h2>
<p>{{@privacy.rights_what <a href="/preferences">}}</p>

{{%LAYOUT templates/reader_layout.html.tpl}}
<h1>Privacy notice</h1>
<p class="lead">How {{SITE}} handles what you give us when you sign up for alert emails.</p>
<h2>Who we are</h2>
<p>{{SITE}}{{#POSTAL_ADDRESS}}, {{POSTAL_ADDRESS}}{{/POSTAL_ADDRESS}}, decides how your data is used.{{#CONTACT}} You can write to us at {{CONTACT}}.{{/CONTACT}}</p>
<h2>What we keep, and why</h2>
<ul>
  <li>Your email address, to send you the alerts that you asked for. Our ground is your consent.</li>
  <li>A record of when and on which page you agreed, and the words that you saw, so that we can prove it.</li>
  <li>Whether each message was taken by your mail provider, so that we do not send it twice.</li>
  <li>If you ticked the separate box: your wish to be emailed about offers, events and updates. It is never needed for the alerts.</li>
</ul>
<h2>What we do not do</h2>
<ul>
  <li>We do not sell your address or give it to anyone but the company that carries our mail.</li>
  <li>We do not track whether you open an email or follow a link.</li>
  <li>These pages set no cookies and load nothing from anyone else.</li>
</ul>
<h2>How long</h2>
<p>As long as you are signed up. If you do not confirm, your address is deleted after a week. After you leave, we keep the proof of what you agreed to and a code that reminds us not to write again.</p>
<h2>Your rights</h2>
<p>You can leave with one click, see and download what we hold, change it or erase it, at any time: ask for the link on <a href="/preferences">your preferences</a>, or use the one at the end of every alert. You can also complain to your country's data protection authority.</p>

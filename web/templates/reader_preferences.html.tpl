{{%LAYOUT templates/reader_layout.html.tpl}}
<h1>Your preferences</h1>
<p class="lead">Emails from {{SITE}} to <span class="address">{{ADDRESS}}</span></p>
{{#SAVED}}<div class="notice notice-done" role="status"><p>Saved. It took effect at once.</p></div>{{/SAVED}}
{{#LEFT_ALL}}<div class="notice notice-done" role="status"><p>You have left everything. You will get no more emails from us.</p></div>{{/LEFT_ALL}}
{{#PROBLEM}}<div class="notice" role="alert"><p>{{PROBLEM}}</p></div>{{/PROBLEM}}
<form action="{{ACTION}}" method="post">
  <fieldset>
    <legend>Alert emails</legend>
    {{#LIST}}<label class="check"><input type="checkbox" name="list" value="{{LIST_ID}}"{{#ON}} checked{{/ON}}> <span><strong>{{LIST_NAME}}</strong><span class="small">{{LIST_DESCRIPTION}}</span></span></label>
    {{/LIST}}
  </fieldset>
  <fieldset>
    <legend>Other emails</legend>
    <label class="check"><input type="checkbox" name="marketing" value="yes"{{#MARKETING}} checked{{/MARKETING}}> <span><strong>Offers, events and updates</strong><span class="small">I would like to be emailed about offers, events and updates. This has nothing to do with the alerts: either works without the other.</span></span></label>
  </fieldset>
  <p class="actions"><button class="button" type="submit" name="do" value="save">Save</button></p>
</form>
<section class="part" aria-labelledby="leave">
  <h2 id="leave">Leave everything</h2>
  <p>No more alerts and no other emails, from this moment on.</p>
  <form action="{{ACTION}}" method="post"><button class="button button-plain" type="submit" name="do" value="leave">Leave everything</button></form>
</section>
<section class="part" aria-labelledby="data">
  <h2 id="data">What we hold about you</h2>
  <p>Your address, what you signed up for, and a record of when and how you agreed.</p>
  <form action="{{EXPORT_ACTION}}" method="post"><button class="button button-plain" type="submit">Download it (JSON)</button></form>
  <h2>Erase it</h2>
  <p>We delete your address and everything that names you. What stays is a code that keeps the address from being signed up by mistake, and a proof of consent that names nobody.</p>
  <form action="{{ERASE_ACTION}}" method="post">
    <label class="check"><input type="checkbox" name="sure" value="yes"> <span><strong>Yes, erase everything about me</strong><span class="small">This cannot be undone.</span></span></label>
    <p class="actions"><button class="button button-plain" type="submit">Erase my data</button></p>
  </form>
</section>

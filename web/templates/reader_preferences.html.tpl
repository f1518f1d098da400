{{%LAYOUT templates/reader_layout.html.tpl}}
<h1>{{@preferences.title}}</h1>
<p class="lead">{{@preferences.to <span class="address">}}</p>
{{#SAVED}}<div class="notice notice-done" role="status"><p>{{@preferences.saved}}</p></div>{{/SAVED}}
{{#LEFT_ALL}}<div class="notice notice-done" role="status"><p>{{@preferences.left_all}}</p></div>{{/LEFT_ALL}}
{{#PROBLEM}}<div class="notice" role="alert"><p>{{PROBLEM}}</p></div>{{/PROBLEM}}
<form action="{{ACTION}}" method="post">
  <fieldset>
    <legend>{{@preferences.alerts}}</legend>
    {{#LIST}}<label class="check"><input type="checkbox" name="list" value="{{LIST_ID}}"{{#ON}} checked{{/ON}}> <span><strong dir="auto">{{LIST_NAME}}</strong><span class="small" dir="auto">{{LIST_DESCRIPTION}}</span></span></label>
    {{/LIST}}
  </fieldset>
  <fieldset>
    <legend>{{@preferences.others}}</legend>
    <label class="check"><input type="checkbox" name="marketing" value="yes"{{#MARKETING}} checked{{/MARKETING}}> <span><strong>{{@preferences.marketing}}</strong><span class="small">{{@preferences.marketing_why}}</span></span></label>
  </fieldset>
  <p class="actions"><button class="button" type="submit" name="do" value="save">{{@preferences.save}}</button></p>
</form>
<section class="part" aria-labelledby="leave">
  <h2 id="leave">{{@preferences.leave}}</h2>
  <p>{{@preferences.leave_what}}</p>
  <form action="{{ACTION}}" method="post"><button class="button button-plain" type="submit" name="do" value="leave">{{@preferences.leave}}</button></form>
</section>
<section class="part" aria-labelledby="data">
  <h2 id="data">{{@preferences.data}}</h2>
  <p>{{@preferences.data_what}}</p>
  <form action="{{EXPORT_ACTION}}" method="post"><button class="button button-plain" type="submit">{{@preferences.download}}</button></form>
  <h2>{{@preferences.erase}}</h2>
  <p>{{@preferences.erase_what}}</p>
  <form action="{{ERASE_ACTION}}" method="post">
    <label class="check"><input type="checkbox" name="sure" value="yes"> <span><strong>{{@preferences.sure}}</strong><span class="small">{{@preferences.sure_why}}</span></span></label>
    <p class="actions"><button class="button button-plain" type="submit">{{@preferences.erase_button}}</button></p>
  </form>
</section>

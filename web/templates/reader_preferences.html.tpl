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
    <div class="option"><label class="small" for="frequency-{{LIST_ID}}">{{@preferences.how_often}}</label>
    <select id="frequency-{{LIST_ID}}" name="frequency_{{LIST_ID}}">{{#FREQUENCY}}<option value="{{VALUE}}"{{#SELECTED}} selected{{/SELECTED}}>{{LABEL}}</option>{{/FREQUENCY}}</select></div>
    {{/LIST}}
  </fieldset>
  <fieldset>
    <legend>{{@preferences.when}}</legend>
    <div class="option"><label for="daily-max">{{@preferences.daily_max}}</label>
    <select id="daily-max" name="daily_max" aria-describedby="daily-max-why">{{#MAX}}<option value="{{VALUE}}"{{#SELECTED}} selected{{/SELECTED}}>{{LABEL}}</option>{{/MAX}}</select>
    <p class="small" id="daily-max-why">{{@preferences.daily_max_why}}</p></div>
    <div class="option"><label for="digest-at">{{@preferences.digest_at}}</label>
    <select id="digest-at" name="digest_at">{{#DIGEST_TIME}}<option value="{{VALUE}}"{{#SELECTED}} selected{{/SELECTED}}>{{LABEL}}</option>{{/DIGEST_TIME}}</select></div>
    <label class="check"><input type="checkbox" name="quiet" value="yes"{{#QUIET}} checked{{/QUIET}}> <span><strong>{{@preferences.quiet}}</strong><span class="small">{{@preferences.quiet_why}}</span></span></label>
    <div class="options">
    <div class="option"><label for="quiet-from">{{@preferences.quiet_from}}</label>
    <select id="quiet-from" name="quiet_from">{{#QUIET_FROM}}<option value="{{VALUE}}"{{#SELECTED}} selected{{/SELECTED}}>{{LABEL}}</option>{{/QUIET_FROM}}</select></div>
    <div class="option"><label for="quiet-to">{{@preferences.quiet_to}}</label>
    <select id="quiet-to" name="quiet_to">{{#QUIET_TO}}<option value="{{VALUE}}"{{#SELECTED}} selected{{/SELECTED}}>{{LABEL}}</option>{{/QUIET_TO}}</select></div>
    </div>
    <div class="option"><label for="zone">{{@preferences.zone}}</label>
    <select id="zone" name="zone">{{#ZONE}}<option value="{{VALUE}}"{{#SELECTED}} selected{{/SELECTED}}>{{LABEL}}</option>{{/ZONE}}</select></div>
    <p class="small">{{@preferences.corrections}}</p>
    {{#LANGUAGES}}
    <div class="option"><label for="language">{{@preferences.language}}</label>
    <select id="language" name="language">{{#LANGUAGE}}<option value="{{VALUE}}" lang="{{VALUE}}"{{#SELECTED}} selected{{/SELECTED}}>{{LABEL}}</option>{{/LANGUAGE}}</select></div>
    {{/LANGUAGES}}
  </fieldset>
  {{#ANY_MUTED}}
  <fieldset>
    <legend>{{@preferences.muted}}</legend>
    <p class="small">{{@preferences.muted_what}}</p>
    {{#MUTED}}<label class="check"><input type="checkbox" name="muted" value="{{STORY_ID}}" checked> <span dir="auto">{{STORY}}</span></label>
    {{/MUTED}}
  </fieldset>
  {{/ANY_MUTED}}
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

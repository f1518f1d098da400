{{%LAYOUT templates/desk_layout.html.tpl}}
<form class="compose" method="post" action="{{ACTION}}" data-compose data-slug="{{SLUG}}">
  <div class="compose-write">
    <div class="head">
      <h1>{{TITLE}}</h1>
    </div>
    {{#CONFLICT}}
    <p class="notice notice-bad" role="alert">{{CONFLICT}} <a href="{{NEWEST}}" target="_blank" rel="noopener">Open the newest text</a>; yours is below, unsaved.</p>
    {{/CONFLICT}}
    {{#ORIGINAL}}
    <aside class="original" aria-label="The earlier alert">
      <p class="eyebrow">{{ORIGINAL_LABEL}}</p>
      <p class="headline">{{ORIGINAL_HEADLINE}}</p>
      <p>{{ORIGINAL_SUMMARY}}</p>
      <p class="soft">Released <time datetime="{{ORIGINAL_AT_ISO}}">{{ORIGINAL_AT}}</time>. {{ORIGINAL_RULE}}</p>
    </aside>
    {{/ORIGINAL}}
    <input type="hidden" name="kind" value="{{KIND}}">
    <input type="hidden" name="of" value="{{OF}}">
    <input type="hidden" name="seen" value="{{SEEN}}">
    <label class="field field-headline"><span>Headline <span class="count" data-count="headline" data-good="{{HEADLINE_GOOD}}"></span></span>
      <textarea name="headline" rows="2" maxlength="250" required autofocus aria-describedby="p-headline">{{HEADLINE}}</textarea>
      <span class="problem" id="p-headline" data-problem="headline">{{PROBLEM_HEADLINE}}</span>
    </label>
    <label class="field"><span>Summary <span class="count" data-count="summary" data-good="{{SUMMARY_GOOD}}"></span></span>
      <textarea name="summary" rows="4" maxlength="2000" aria-describedby="p-summary" placeholder="What happened, where, when. One paragraph.">{{SUMMARY}}</textarea>
      <span class="problem" id="p-summary" data-problem="summary">{{PROBLEM_SUMMARY}}</span>
    </label>
    <label class="field"><span>Link to the story</span>
      <input name="url" type="url" inputmode="url" maxlength="2000" placeholder="https://" value="{{LINK}}" aria-describedby="p-url">
      <span class="problem" id="p-url" data-problem="url">{{PROBLEM_URL}}</span>
    </label>
    {{#CHOOSE_LISTS}}
    <fieldset class="field">
      <legend>Who gets it</legend>
      {{#LIST}}
      <label class="check"><input type="checkbox" name="lists" value="{{LIST_ID}}"{{#CHECKED}} checked{{/CHECKED}}><span>{{LIST_NAME}}</span><span class="num soft">{{LIST_ACTIVE}}</span></label>
      {{/LIST}}
      {{#NO_LISTS}}<p class="hint">There is no list yet. <a href="/desk/audience">Create one first</a>.</p>{{/NO_LISTS}}
      <span class="problem" data-problem="lists">{{PROBLEM_LISTS}}</span>
      {{#LEAVE_OUT}}
      <details class="more"{{#LEAVE_OUT_OPEN}} open{{/LEAVE_OUT_OPEN}}>
        <summary>Leave out readers of …</summary>
        {{#OTHER}}
        <label class="check"><input type="checkbox" name="exclude" value="{{LIST_ID}}"{{#CHECKED}} checked{{/CHECKED}}><span>{{LIST_NAME}}</span></label>
        {{/OTHER}}
        <span class="problem" data-problem="exclude">{{PROBLEM_EXCLUDE}}</span>
      </details>
      {{/LEAVE_OUT}}
      <label class="check"><input type="checkbox" name="major" value="1"{{#MAJOR}} checked{{/MAJOR}}><span>Major: also for readers who want only the biggest news</span></label>
    </fieldset>
    {{/CHOOSE_LISTS}}
    <details class="more"{{#MORE_OPEN}} open{{/MORE_OPEN}}>
      <summary>Text and delivery</summary>
      <label class="field"><span>More text (optional)</span>
        <textarea name="body" rows="6" maxlength="100000" aria-describedby="p-body" placeholder="Leave an empty line between paragraphs.">{{BODY}}</textarea>
        <span class="problem" id="p-body" data-problem="body">{{PROBLEM_BODY}}</span>
      </label>
      <label class="field field-short"><span>Stop trying after</span>
        <select name="not_after">
          {{#LIFE}}
          <option value="{{SECONDS}}"{{#SELECTED}} selected{{/SELECTED}}>{{LABEL}}</option>
          {{/LIFE}}
        </select>
      </label>
      <label class="check"><input type="checkbox" name="at_most_once" value="1"{{#AT_MOST_ONCE}} checked{{/AT_MOST_ONCE}}><span>Never send a copy twice, even where the mail server's answer was lost</span></label>
    </details>
  </div>
  <div class="compose-see">
    <div class="inbox" aria-label="In an inbox">
      <span class="inbox-from">{{FROM_NAME}}</span>
      <span class="inbox-line"><b data-live="subject">{{SUBJECT}}</b> <span class="soft" data-live="snippet">{{SUMMARY}}</span></span>
      <span class="inbox-time">now</span>
    </div>
    <div class="preview-bar">
      <fieldset class="segments">
        <legend class="hide">Preview as</legend>
        <label><input type="radio" name="view" value="wide" checked><span>Wide</span></label>
        <label><input type="radio" name="view" value="narrow"><span>Phone</span></label>
        <label><input type="radio" name="view" value="dark"><span>Dark</span></label>
        <label><input type="radio" name="view" value="text"><span>Text</span></label>
      </fieldset>
      <button class="quiet" type="submit" formaction="/desk/preview" formtarget="preview" formnovalidate data-preview>Update preview</button>
    </div>
    <div class="frame" data-frame>
      <iframe name="preview" title="The mail as readers see it" sandbox=""{{#PREVIEW_URL}} src="{{PREVIEW_URL}}"{{/PREVIEW_URL}}></iframe>
    </div>
  </div>
  <div class="actions">
    <p class="reach"><b data-live="audience">{{AUDIENCE}}</b> <span data-live="reach">{{REACH}}</span></p>
    <span class="actions-buttons">
      <a class="quiet" href="{{CANCEL}}">Cancel</a>
      <button type="submit" name="then" value="edit">Save draft</button>
      <button class="go" type="submit" name="then" value="review">Review</button>
    </span>
  </div>
</form>

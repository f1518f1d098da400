// Questions about a page as it is drawn, asked of the browser.

// How much wider than its window the page is, at a window's width: nobody should have to scroll
// sideways.
export async function overflowAt(page, width) {
  await page.setViewportSize({ width, height: 640 });
  return page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
}

// WCAG 1.4.12: with a reader's own spacing no text may be cut off. Names what is.
export function cutOffByTextSpacing(page) {
  return page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important;
      word-spacing: .16em !important } p { margin-bottom: 2em !important }`);
    document.adoptedStyleSheets = [sheet];
    const cut = [...document.querySelectorAll('body *')].filter((element) => {
      const style = getComputedStyle(element);
      return style.overflow !== 'visible' && !element.closest('[aria-hidden], pre')
        && (element.scrollWidth > element.clientWidth + 1
          || element.scrollHeight > element.clientHeight + 1);
    }).map((element) => element.outerHTML.slice(0, 120));
    const wide = document.documentElement.scrollWidth - window.innerWidth;
    document.adoptedStyleSheets = [];
    return wide > 0 ? [...cut, `${wide} px too wide`] : cut;
  });
}

// What is focused: its text, whether one sees it and that it is focused, and where it is.
export function focused(page) {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    const middle = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return {
      tag: element.tagName.toLowerCase(), name: element.name ?? '', value: element.value ?? '',
      text: (element.textContent || element.labels?.[0]?.textContent || '').trim(),
      ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
      seen: Boolean(middle) && (element.contains(middle) || middle.contains(element)),
      inMain: Boolean(element.closest('main')),
    };
  });
}

// Presses Tab until `wanted(focused)`; everything on the way must be seen and look focused.
export async function tabTo(page, what, wanted) {
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab');
    const now = await focused(page);
    if (now && !(now.ring && now.seen)) {
      throw new Error(`focus cannot be seen: ${JSON.stringify(now)} at ${page.url()}`);
    }
    if (now && wanted(now)) return now;
  }
  throw new Error(`the keyboard does not reach ${what} at ${page.url()}`);
}

// Controls that forced colours would leave without an edge.
export function edgeless(page) {
  return page.evaluate(() => [...document.querySelectorAll(
    'a.button, button:not(.tocsin-use), input:not([type=hidden]), select')]
    .filter((element) => element.checkVisibility() && !element.closest('[aria-hidden]'))
    .filter((element) => element.type !== 'checkbox' && element.type !== 'radio')
    .filter((element) => {
      const style = getComputedStyle(element);
      return style.borderTopStyle === 'none' || parseFloat(style.borderTopWidth) < 1;
    })
    .map((element) => element.outerHTML.slice(0, 120)));
}

// Everything that moves by itself or takes its time: must be nothing where a reader asks for that.
export function moving(page) {
  return page.evaluate(() => [...document.querySelectorAll('*')].filter((element) => {
    const style = getComputedStyle(element);
    return [...style.transitionDuration.split(','), ...style.animationDuration.split(',')]
      .some((time) => parseFloat(time) > 0) || style.scrollBehavior === 'smooth';
  }).map((element) => element.outerHTML.slice(0, 120)));
}

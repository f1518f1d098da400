// `tocsin dev` as readers meet it: sign-up, the mails that come, the links in them.
import { readdirSync } from 'node:fs';
import { Running, eventually, freePort, isListening, root } from './process.mjs';
import { binary, cleanEnvironment, tocsin } from './tocsin.mjs';

export const languages = readdirSync(`${root}web/i18n`)
  .filter((file) => file.endsWith('.json')).map((file) => file.replace('.json', ''))
  .sort((a, b) => (b === 'en') - (a === 'en'));

export class Newspaper {
  language = 'en';      // of its readers' browsers
  #links = new Map();  // the inbox forgets its oldest mails

  static async open(scope) {
    const news = new this();
    const port = await freePort();
    const env = cleanEnvironment({ TOCSIN_SITE_LANGUAGES: languages.join() });
    const dev = new Running(binary, ['dev', '--port', String(port)], { env });
    scope.defer(() => dev.stop());
    await dev.ready(() => isListening(port));
    news.url = `http://localhost:${port}`;
    const config = await eventually('the name of its configuration',
      () => dev.output().match(/TOCSIN_CONFIG=(\S+)/)?.[1]);
    news.env = { TOCSIN_CONFIG: config };
    return news;
  }

  // Posts a form as a browser without scripts does, and answers the page.
  async post(where, fields = {}) {
    const url = where.startsWith('http') ? where : this.url + where;
    const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(fields),
      headers: { 'accept-language': this.language } });
    return { status: answer.status, text: await answer.text() };
  }

  // The newest mail to an address whose HTML passes `test`: {subject, text, html, bytes, ...}.
  mailTo(address, test = () => true) {
    return eventually(`a mail to ${address}`, async () => {
      for (const { id, rcpt_to: to } of (await this.mails()).reverse()) {
        if (!to.includes(address)) continue;
        const mail = await this.mail(id);
        if (test(mail.html)) return mail;
      }
      return null;
    });
  }

  async mails() {
    const { messages } = await (await fetch(`${this.url}/inbox/api/messages`)).json();
    return messages.sort((a, b) => a.id - b.id);
  }

  async mail(id) {
    return (await fetch(`${this.url}/inbox/api/messages/${id}`)).json();
  }

  // A link that was mailed to the address: "c" confirms, "n" says "not me", "p" opens the
  // preferences, "u" leaves.
  async link(address, kind) {
    const key = `${kind} ${address}`;
    if (!this.#links.has(key)) {
      const pattern = new RegExp(`${this.url}/${kind}/[\\w-]+`);
      const { html } = await this.mailTo(address, (text) => pattern.test(text));
      this.#links.set(key, html.match(pattern)[0]);
    }
    return this.#links.get(key);
  }

  // A reader who has signed up; `confirmed` ones have pressed the button too. `fields`: more of
  // the form.
  async reader(address, { confirmed = true, ...fields } = {}) {
    await this.post('/lists/breaking/signup', { email: address, ...fields });
    const link = await this.link(address, 'c');
    if (confirmed) await this.post(link);
    return link;
  }

  // An alert, sent to its end: its id and page_url.
  async alert(headline, options = {}) {
    const args = Object.entries({ summary: 'Lifeboats have taken everyone ashore.',
      url: 'https://harbourpost.example/maren', ...options })
      .flatMap(([name, value]) => [`--${name}`, String(value)]);
    const done = await tocsin(['alert', 'send', '--list', 'breaking', '--headline', headline,
      ...args, '--wait', '--json'], { env: this.env });
    if (done.code !== 0) throw new Error(`alert send: ${done.stderr}`);
    return JSON.parse(done.stdout);
  }
}

// Figures, as they are printed and as they end in the table.
const rows = [];
let method = '';

export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

// Nearest rank.
export function percentile(values, percent) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
}
export const median = (values) => percentile(values, 50);

export const whole = (value) => Math.round(value).toLocaleString('en');
export const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
export const spread = (values, digits = 3) =>
  `${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)}`;

// What is measured next, and how.
export function section(title, how) {
  method = how.replace(/\s+/g, ' ').trim();
  console.log(`\n## ${title}\n${method}\n`);
}

// One figure. `ok`: whether the target is met; undefined where there is none.
export function figure({ what, target = '', reached, ok, command = '' }) {
  rows.push({ what, target, reached, ok, command });
  const verdict = ok === undefined ? '' : ok ? '  [reached]' : '  [MISSED]';
  console.log(`${what}: ${reached}${target && `  (target ${target})`}${verdict}`);
}

// The measurement failed: that is a figure too.
export function failed(what, error) {
  rows.push({ what, target: '', reached: `not measured: ${error.message.split('\n')[0]}`, ok: false,
    command: '' });
  console.log(`${what}: not measured: ${error.stack ?? error}`);
}

export function table() {
  const cell = (text) => String(text).replaceAll('|', '\\|');
  const verdict = (ok) => (ok === undefined ? '' : ok ? 'yes' : '**no**');
  return ['| figure | target | reached | met | command |', '|---|---|---|---|---|',
    ...rows.map((row) => `| ${cell(row.what)} | ${cell(row.target)} | ${cell(row.reached)} `
      + `| ${verdict(row.ok)} | ${row.command && `\`${cell(row.command)}\``} |`)].join('\n');
}

export const missed = () => rows.filter((row) => row.ok === false).length;

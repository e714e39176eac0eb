/** What every page has to hold, looked at in the browser: names and roles, contrast, width. Run in the page, so written as text. */
import type { Page } from 'playwright-core';

/** Texts with too little contrast to what is behind them (WCAG 2.2, 1.4.3): 4.5, or 3 for large type. */
const faint = `(() => {
  const parts = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parts(getComputedStyle(e).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const problems = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    const element = walker.currentNode.parentElement;
    if (text === '' || element.closest('.hidden, .skip, script, noscript, [disabled]') || element.getClientRects().length === 0) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(parts(style.color)), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const px = parseFloat(style.fontSize);
    const least = px >= 24 || (px >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    if (ratio < least) problems.push(text.slice(0, 30) + ' ' + ratio.toFixed(2) + ' ' + style.color);
  }
  return [...new Set(problems)];
})()`;

/** Controls without a name, headings that are not one, tables without head cells, doubled ids. */
const unnamed = `(() => {
  const problems = [];
  const nameOf = (e) => (e.getAttribute('aria-label') ?? '') || (e.labels?.[0]?.textContent ?? '') || e.textContent || e.title ||
    (document.getElementById(e.getAttribute('aria-labelledby') ?? '')?.textContent ?? '');
  for (const e of document.querySelectorAll('a, button, input, select, progress, dialog, nav, section, table[aria-label], [role=table], [role=group]'))
    if (nameOf(e).trim() === '') problems.push('no name: ' + e.outerHTML.slice(0, 80));
  if (document.querySelectorAll('h1').length !== 1) problems.push(document.querySelectorAll('h1').length + ' headings of level 1');
  if (document.querySelectorAll('main').length !== 1) problems.push('not one main');
  if (document.documentElement.lang === '') problems.push('no language');
  if (document.title.trim() === '') problems.push('no title');
  for (const table of document.querySelectorAll(':not([aria-hidden] *) > table')) if (!table.querySelector('th[scope]')) problems.push('table without head cells');
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) problems.push('twice: ' + id);
  for (const e of document.querySelectorAll('[tabindex]')) if (e.tabIndex > 0) problems.push('tab order by number');
  return problems;
})()`;

export async function pageProblems(page: Page): Promise<string[]> {
  const found = [await page.evaluate<string[]>(unnamed), await page.evaluate<string[]>(faint)];
  const wide = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
  return [...found.flat(), ...(wide > 0 ? [`${String(wide)} px wider than the screen`] : [])];
}

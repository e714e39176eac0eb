/** Light, dark, or as the system says; remembered in this browser. */
import { signal } from '@preact/signals';

const choices = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof choices)[number];
const key = 'tandem-theme';

function stored(): Theme {
  const known = choices.find((choice) => choice === localStorage.getItem(key));
  return known ?? 'auto';
}

export const theme = signal<Theme>(stored());

export function nextTheme(): void {
  theme.value = choices[(choices.indexOf(theme.value) + 1) % choices.length] ?? 'auto';
  localStorage.setItem(key, theme.value);
  showTheme();
}

export function showTheme(): void {
  document.documentElement.dataset['theme'] = theme.value;
}

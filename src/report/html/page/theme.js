/** Light or dark: as the system has it, until the reader says otherwise. */

const themes = ['auto', 'light', 'dark'];

/** Colours of the style, for canvases, which know no variables. @param {string} name of the custom property */
function colorOf(name) {
  const probe = /** @type {HTMLElement} */ (document.querySelector('#theme'));
  const before = probe.style.color;
  probe.style.color = `var(--${name})`;
  const color = getComputedStyle(probe).color;
  probe.style.color = before;
  return color;
}

/** @param {() => void} onChange is called when colours are other ones */
function startTheme(onChange) {
  const button = /** @type {HTMLButtonElement} */ (document.querySelector('#theme'));
  let theme = remembered() ?? 'auto';
  const show = () => {
    document.documentElement.dataset.theme = theme;
    button.textContent = `theme: ${theme}`;
    onChange();
  };
  button.addEventListener('click', () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'auto';
    remember(theme);
    show();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', onChange);
  button.hidden = false;
  show();
}

/** A browser may forbid a file to remember anything. */
function remembered() {
  try {
    const found = localStorage.getItem('mqchaos-theme');
    return found !== null && themes.includes(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

/** @param {string} theme */
function remember(theme) {
  try {
    localStorage.setItem('mqchaos-theme', theme);
  } catch {
    // then it lasts as long as the page
  }
}

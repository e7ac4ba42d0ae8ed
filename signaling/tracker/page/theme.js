/** Applies the chosen theme before anything is painted. Without a choice, the system's. */
(() => {
  let theme = null;
  try {
    theme = localStorage.getItem('theme');
  } catch { /* storage is off: nothing was chosen */ }
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
})();

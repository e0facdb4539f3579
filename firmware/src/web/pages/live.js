'use strict';
const live = document.getElementById('live');
let shown;
async function refresh() {
  if (!document.hidden) {
    try {
      const answer = await fetch(live.dataset.from, {headers: {Accept: 'text/html'}, redirect: 'manual'});
      if (answer.ok) {
        const text = await answer.text();
        if (text !== shown) {
          // Whoever is on a button with the keyboard stays there.
          const focus = document.activeElement && document.activeElement.id;
          live.innerHTML = text;
          shown = text;
          const again = focus && live.querySelector('#' + CSS.escape(focus));
          if (again) again.focus();
        }
        live.className = '';
      } else {
        // The session is over.
        location.reload();
        return;
      }
    } catch {
      live.className = 'stale';
    }
  }
  setTimeout(refresh, 2000);
}
setTimeout(refresh, 2000);

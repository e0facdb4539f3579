'use strict';
const live = document.getElementById('live');
async function refresh() {
  if (!document.hidden) {
    try {
      const answer = await fetch('/live', {headers: {Accept: 'text/html'}, redirect: 'manual'});
      if (answer.ok) {
        live.innerHTML = await answer.text();
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

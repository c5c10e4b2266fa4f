// What the kind of data shows of the set as a whole; its buttons open lists. #list=overview:key
function startOverview() {
  const box = $('#overview');
  if (!box || !page.overview) { if (box) box.closest('section').hidden = true; return; }
  const lead = (key) => (DATA.lists[`overview:${key}`] ? { 'data-list': `overview:${key}`, onclick: () => lists.open(`overview:${key}`) } : null);
  box.append(page.overview(DATA.overview, { lead }));
}

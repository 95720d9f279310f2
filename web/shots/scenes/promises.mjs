// What is promised beside the cases: alerts, hand-overs, follow-ups, missed calls.
const lead = (name, about, path, more = {}) => ({ name: `promises-${name}`, about: `Promises: ${about}`, main: true, user: 'supervisor', path: `/cases/${path}`, ...more })

export const scenes = [
  lead('escalations', 'what needs the shift lead', 'escalations', { main: false, until: 'main li' }),
  lead('handovers', 'hand-overs of all units with their ten minutes', 'handovers', { until: '.card' }),
  lead('followups', 'whom a person must ask', 'followups', { until: 'main li' }),
  lead('callbacks', 'missed calls', 'callbacks', { main: false, until: 'main li' }),
  lead('export', 'a list as a file', 'handovers', { main: false, until: '.card', act: async (page) => page.click('[data-testid=export]') }),
]

// The trial page.
export default {
  title: 'Try the hotline',
  intro: 'Make one whole hotline call on this computer: each button opens a tab in which you are one person of the call. Open the first three in turn, then dial the hotline in the citizen’s tab.',
  operator: 'Answer as the operator',
  operatorHint: 'Take the call, search the knowledge base, bring a window in, write a case',
  desk: 'Answer as the window desk',
  deskHint: 'A window: hear the whisper, accept, and be in a three-way call',
  citizen: 'Call 89000 as a citizen',
  citizenHint: 'A phone in the browser; allow the microphone',
  box: 'See the calls and the black box',
  boxHint: 'As shift lead: signalling, seats, sound and verdict of one call',
  admin: 'See the settings as the administrator',
  adminHint: 'Trunks, menus, windows, calendar, prompts',
  note: 'The trial works on this computer only, with sample staff and without passwords.',
  noToken: 'The trial token is missing from the address. Open the whole address that the terminal printed.',
  entering: 'Entering the trial',
}

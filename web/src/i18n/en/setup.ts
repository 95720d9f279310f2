// First start.
export default {
  title: 'First start',
  intro: 'Create the first administrator. The one-time token was printed on the terminal at the first start; it is also in the file setup-token of the data folder.',
  token: 'One-time token',
  name: 'Name',
  go: 'Create the administrator',
  done: 'There is an administrator already. Please sign in.',
}

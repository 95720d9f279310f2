// The bar.
export default {
  label: 'Main navigation',
  operator: 'Operator',
  desk: 'Window',
  supervisor: 'Wallboard',
  cases: 'Promises',
  calls: 'Calls',
  knowledge: 'Knowledge',
  admin: 'Settings',
  users: 'Users',
  audit: 'Audit',
  phone: 'Test phone',
}

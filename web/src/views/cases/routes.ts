// The pages below /cases.
import type { RouteRecordRaw } from 'vue-router'
import { rolesOf } from './logic/places'

const pages: RouteRecordRaw[] = [
  { path: '', name: 'cases', component: () => import('./list/List.vue') },
  { path: ':no', name: 'case', component: () => import('./one/One.vue') },
  { path: 'ledger', name: 'ledger', component: () => import('./office/Ledger.vue'), meta: { roles: rolesOf('ledger') } },
  { path: 'notices', name: 'notices', component: () => import('./office/Notices.vue'), meta: { roles: rolesOf('notices') } },
  { path: 'notices/:month/:unit', name: 'notice', component: () => import('./office/Notice.vue'), meta: { roles: rolesOf('notices') } },
  { path: 'figures', name: 'figures', component: () => import('./office/Figures.vue'), meta: { roles: rolesOf('figures') } },
  { path: 'exports', name: 'exports', component: () => import('./office/Exports.vue'), meta: { roles: rolesOf('exports') } },
]

export default pages

// The pages below /cases.
import type { RouteRecordRaw } from 'vue-router'
import { rolesOf } from './logic/places'

const pages: RouteRecordRaw[] = [
  { path: '', name: 'cases', component: () => import('./list/List.vue') },
  { path: 'escalations', name: 'escalations', component: () => import('./office/Escalations.vue'), meta: { roles: rolesOf('escalations') } },
  { path: 'handovers', name: 'handovers', component: () => import('./office/Handovers.vue'), meta: { roles: rolesOf('handovers') } },
  { path: 'followups', name: 'followups', component: () => import('./office/FollowUps.vue'), meta: { roles: rolesOf('followups') } },
  { path: 'callbacks', name: 'callbacks', component: () => import('./office/CallBacks.vue'), meta: { roles: rolesOf('callbacks') } },
  { path: ':no', name: 'case', component: () => import('./one/One.vue') },
  { path: 'ledger', name: 'ledger', component: () => import('./office/Ledger.vue'), meta: { roles: rolesOf('ledger') } },
  { path: 'notices', name: 'notices', component: () => import('./office/Notices.vue'), meta: { roles: rolesOf('notices') } },
  { path: 'notices/:month/:unit', name: 'notice', component: () => import('./office/Notice.vue'), meta: { roles: rolesOf('notices') } },
  { path: 'figures', name: 'figures', component: () => import('./office/Figures.vue'), meta: { roles: rolesOf('figures') } },
  { path: 'exports', name: 'exports', component: () => import('./office/Exports.vue'), meta: { roles: rolesOf('exports') } },
]

export default pages

// The pages below /cases.
import type { RouteRecordRaw } from 'vue-router'

const pages: RouteRecordRaw[] = [
  { path: '', name: 'cases', component: () => import('./list/List.vue') },
  { path: ':no', name: 'case', component: () => import('./one/One.vue') },
]

export default pages

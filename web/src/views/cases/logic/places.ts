// Which of the promises' pages a role has: who talks with citizens works on cases and asks, who leads sees all.
import type { Role } from '@/api/session'

export interface Place {
  /** Below /cases. */
  path: string
  /** The tab's word. */
  name: string
  roles: Role[]
}
const LEADING: Role[] = ['supervisor', 'admin']
const LOOKING: Role[] = ['supervisor', 'admin', 'auditor']
const ALL: Role[] = ['operator', 'supervisor', 'admin', 'auditor']
const TALKING: Role[] = ['operator', 'supervisor', 'admin']

export const PLACES: Place[] = [
  { path: '', name: 'list', roles: ALL },
  { path: 'escalations', name: 'escalations', roles: LEADING },
  { path: 'handovers', name: 'handovers', roles: TALKING },
  { path: 'followups', name: 'followups', roles: TALKING },
  { path: 'callbacks', name: 'callbacks', roles: TALKING },
  { path: 'ledger', name: 'ledger', roles: ALL },
  { path: 'notices', name: 'notices', roles: LOOKING },
  { path: 'figures', name: 'figures', roles: LOOKING },
  { path: 'exports', name: 'exports', roles: LOOKING },
]

export const placesOf = (role: Role | null): Place[] => PLACES.filter((place) => role !== null && place.roles.includes(role))
/** Who may open the page below /cases. */
export const rolesOf = (path: string): Role[] => PLACES.find((place) => place.path === path)?.roles ?? []

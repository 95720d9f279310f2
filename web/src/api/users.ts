// Accounts and roles (admin only).
import { ask, get, post } from './client'
import type { Role } from './session'

export type UserRole = Exclude<Role, 'citizen'>

export interface User {
  user: string
  name: string
  role: UserRole
  staff: string | null
  locked: boolean
  second_factor: boolean
  made_at?: number
  /** UTC ms; nothing when they never did. */
  signed_in_at: number | null
}

export interface NewUser {
  user: string
  name: string
  role: UserRole
  staff: string | null
  password: string
}

/** What is left out stays; an empty staff number: none any more. */
export type UserChange = Partial<Pick<User, 'name' | 'role' | 'staff' | 'locked'>>

const at = (user: string) => `/users/${encodeURIComponent(user)}`

export const users = (signal?: AbortSignal) => get<{ users: User[] }>('/users', {}, signal)
export const createUser = (user: NewUser) => post<User>('/users', user)
export const changeUser = (user: string, change: UserChange) => ask<User>('PATCH', at(user), { body: change })
export const removeUser = (user: string) => ask<void>('DELETE', at(user))
export const resetUser = (user: string, password: string) => post<void>(`${at(user)}/reset`, { password })

//! One call and all calls, pure: menu, queue, three-way machine, records.

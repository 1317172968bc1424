/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Ownership that ends with the scope: `OWN(snapshot) s = NULL;` frees with snapshot_free(). Each
 * header says OWN_DEFINE(thing) once, after thing_free(). Hand over with g_steal_pointer(). A list
 * or table that owns its things is given thing_drop().
 */
#define OWN(thing) __attribute__((cleanup(thing##_free_at))) struct thing *

#define OWN_DEFINE(thing) OWN_DEFINE_AS(thing, thing##_free)

/* The same for what is let go of by another function, such as thing_unref(). */
#define OWN_DEFINE_AS(thing, let_go)                                                               \
	static inline void thing##_drop(void *owned)                                               \
	{                                                                                          \
		struct thing *one = owned;                                                         \
                                                                                                   \
		if (one)                                                                           \
			let_go(one);                                                               \
	}                                                                                          \
	static inline void thing##_free_at(struct thing **at)                                      \
	{                                                                                          \
		thing##_drop(*at);                                                                 \
	}

# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a guestPort is kept over ten replugs
# tier: long
# needs: g1
# timeout: 300

REPLUGS=10
source "$LAB/scenarios/guest_port_is_kept.sh"

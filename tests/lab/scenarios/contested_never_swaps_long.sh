# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: two domains want one device, and a hundred passes never swap them
# tier: long
# needs: g1 g2
# timeout: 600

PASSES=100
source "$LAB/scenarios/contested_never_swaps.sh"

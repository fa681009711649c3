#!/usr/bin/env bash
# Rolls an overlay out, step by step: each one ends before the next begins, and the first that fails
# ends it all.
#
#   deploy/rollout.sh OVERLAY [IMAGE]
#
# OVERLAY is a folder of deploy/kubernetes/overlays; IMAGE is NAME@sha256:DIGEST of the origin, in place
# of the one in the overlay. kubectl must already point at the cluster. It is safe to repeat; with an
# earlier image it goes back.
set -euo pipefail

overlay="${1:?usage: deploy/rollout.sh OVERLAY [IMAGE]}"
image="${2:-}"
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
folder="$here/kubernetes/overlays/$overlay"
[[ -d "$folder" ]] || { printf 'error: there is no overlay %s\n' "$overlay" >&2; exit 2; }
if [[ -n "$image" && ! "$image" =~ ^[a-z0-9./:-]+@sha256:[0-9a-f]{64}$ ]]; then
  printf 'error: the image is NAME@sha256:DIGEST, not %s\n' "$image" >&2
  exit 2
fi

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
manifests="$work/manifests.yaml"
kubectl kustomize "$folder" > "$manifests"
if [[ -n "$image" ]]; then
  # The overlay names one image of the origin, by its digest.
  sed -E "s#image: [^ ]*/yousoon@sha256:[0-9a-f]{64}\$#image: $image#" "$manifests" > "$work/replaced.yaml"
  grep -q "image: $image" "$work/replaced.yaml" || {
    printf 'error: the overlay %s has no image of the origin\n' "$overlay" >&2
    exit 1
  }
  mv "$work/replaced.yaml" "$manifests"
fi
if grep -q 'sha256:0\{64\}' "$manifests"; then
  printf 'error: the overlay %s has an image whose digest is zeros: write the real one\n' "$overlay" >&2
  exit 1
fi

step() {
  printf '== %s\n' "$1"
  kubectl apply -f "$manifests" -l "app.kubernetes.io/component in ($1)"
}
finished() { kubectl -n yousoon wait --for=condition=complete --timeout="$2" "job/$1"; }

step settings
# A Job cannot be changed.
kubectl -n yousoon delete job migrate documents --ignore-not-found
if grep -q 'app.kubernetes.io/component: valkey' "$manifests"; then
  step valkey
fi
# The schema of MongoDB: the new servers need it, and those that run still work with it.
step migrate
finished migrate 30m
step 'servers, gateway, export'
for role in api live jobs; do
  if grep -q "^  name: $role\$" "$manifests"; then
    kubectl -n yousoon rollout status "deployment/$role" --timeout=15m
  fi
done
# The documents of this release, before the clients that send them.
step documents
finished documents 10m

# SPDX-License-Identifier: MIT
# For NixOS: imports = [ .../rules/packaging/nix/module.nix ]; services.usbreconcile.enable = true;
{ config, lib, pkgs, ... }:

let
  cfg = config.services.usbreconcile;
in
{
  options.services.usbreconcile = {
    enable = lib.mkEnableOption "keeping the USB devices of libvirt domains attached";

    package = lib.mkOption {
      type = lib.types.package;
      default = pkgs.callPackage ./package.nix { };
      defaultText = lib.literalExpression "pkgs.callPackage ./package.nix { }";
      description = "The usbreconcile to use.";
    };

    metrics.collector = lib.mkOption {
      type = lib.types.nullOr lib.types.path;
      default = null;
      example = "/var/lib/node-exporter";
      description = "Where node_exporter's textfile collector looks for files; null: no metrics.";
    };
  };

  config = lib.mkIf cfg.enable {
    environment.systemPackages = [ cfg.package ];

    # The user is made here and not by systemd-sysusers.
    users.groups.usbreconcile = { };
    users.groups.libvirt = { };
    users.users.usbreconcile = {
      isSystemUser = true;
      group = "usbreconcile";
      extraGroups = [ "libvirt" "libvirtd" ];
    };

    systemd.packages = [ cfg.package ];
    systemd.tmpfiles.packages = [ cfg.package ];
    services.udev.packages = [ cfg.package ];
    security.polkit.enable = true;

    # Named here, they get the PATH that NixOS gives to services.
    systemd.services.usbreconcile-prepare = { };
    systemd.services.usbreconcile = {
      wantedBy = [ "multi-user.target" ];
      restartTriggers = [ cfg.package ];
    };
    systemd.services.usbreconcile-metrics = lib.mkIf (cfg.metrics.collector != null) {
      environment.COLLECTOR = toString cfg.metrics.collector;
    };
    systemd.timers.usbreconcile-metrics = lib.mkIf (cfg.metrics.collector != null) {
      wantedBy = [ "timers.target" ];
    };
  };
}

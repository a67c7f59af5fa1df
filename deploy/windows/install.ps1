<#
.SYNOPSIS
Installs Jobpod as a service of this node, or puts a newer one in its place. Pods that run go on.
.PARAMETER Programs
Where jobpodd.exe, jobpod-shim.exe and jobpod.exe go: a directory of Jobpod's own, that others may read.
.PARAMETER Data
Configuration, state, logs; for SYSTEM and Administrators only. An existing config.toml stays as it is.
.PARAMETER NoStart
Registers the service and does not start it.
#>
#Requires -RunAsAdministrator
[CmdletBinding()]
param(
  [string] $Programs = (Join-Path $env:ProgramFiles 'jobpod'),
  [string] $Data = (Join-Path $env:ProgramData 'jobpod'),
  [switch] $NoStart
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$Names = 'jobpodd.exe', 'jobpod-shim.exe', 'jobpod.exe', 'LICENSE', 'uninstall.ps1', 'common.ps1'
$Stamp = [guid]::NewGuid().ToString('N')

. (Join-Path $PSScriptRoot 'common.ps1')

# A program that runs (a pod's shim) can be renamed but not written to.
function Rename-Aside([string] $Name, [string] $Ending) {
  $target = Join-Path $Programs $Name
  if (Test-Path -LiteralPath $target) { Rename-Item -LiteralPath $target -NewName "$Name.$Stamp.$Ending" }
}

function Install-New([string] $Name) {
  Rename-Aside $Name 'old'
  Rename-Item -LiteralPath (Join-Path $Programs "$Name.new") -NewName $Name
}

function Restore-Old([string] $Name) {
  $old = Join-Path $Programs "$Name.$Stamp.old"
  if (-not (Test-Path -LiteralPath $old)) { return }
  Rename-Aside $Name 'failed.old'
  Rename-Item -LiteralPath $old -NewName $Name
}

if (-not [Environment]::Is64BitOperatingSystem) { throw 'Jobpod needs a 64-bit Windows.' }
$Programs = Get-FullPath $Programs
$Data = Get-FullPath $Data
$config = Join-Path $Data 'config.toml'

# Whatever can be wrong is found before the daemon that runs is touched.
$new = Join-Path $PSScriptRoot 'jobpodd.exe'
Invoke-Checked $new @('service', 'prepare', '--programs', $Programs, '--data', $Data)
Invoke-Checked $new @('config', 'check', $config)
foreach ($name in $Names) {
  Copy-Item -LiteralPath (Join-Path $PSScriptRoot $name) -Destination (Join-Path $Programs "$name.new") -Force
}

$service = Get-Service jobpod -ErrorAction SilentlyContinue
$ran = $service -and $service.Status -ne 'Stopped'
try {
  if ($ran) { Stop-Service jobpod }
  foreach ($name in $Names) { Install-New $name }
  Invoke-Checked (Join-Path $Programs 'jobpodd.exe') @('service', 'install', '--config', $config)
  if (-not $NoStart) { Start-Service jobpod }
} catch {
  Stop-Service jobpod -ErrorAction SilentlyContinue
  foreach ($name in $Names) { Restore-Old $name }
  if ($ran) { Start-Service jobpod -ErrorAction Continue }
  throw
}
Get-ChildItem -LiteralPath $Programs -Filter '*.old' | Remove-Item -Force -ErrorAction SilentlyContinue
Set-OnPath $Programs $true

Write-Host "Jobpod is installed in $Programs; its configuration is $config."
Write-Host 'Look at the node with:   jobpod doctor     (in a new prompt)'
Write-Host 'Start the kubelet with:  --container-runtime-endpoint=npipe:////./pipe/jobpod'

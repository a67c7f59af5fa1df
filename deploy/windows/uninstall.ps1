<#
.SYNOPSIS
Removes Jobpod's service and programs. Its data stay unless -RemoveData is given.
.PARAMETER Programs
Where install.ps1 has put the programs.
.PARAMETER Data
Where configuration and state are.
.PARAMETER RemovePods
Stops and removes the pods that are still there; without it they are a reason not to begin.
.PARAMETER RemoveData
Removes images, logs and configuration, too.
#>
#Requires -RunAsAdministrator
[CmdletBinding()]
param(
  [string] $Programs = (Join-Path $env:ProgramFiles 'jobpod'),
  [string] $Data = (Join-Path $env:ProgramData 'jobpod'),
  [switch] $RemovePods,
  [switch] $RemoveData
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

. (Join-Path $PSScriptRoot 'common.ps1')

# A shim holds each pod, with containers or without, whether the daemon runs or not.
function Get-PodCount {
  @(Get-Process -Name jobpod-shim -ErrorAction SilentlyContinue).Count
}

# The daemon removes them.
function Remove-Pods {
  $service = Get-Service jobpod -ErrorAction SilentlyContinue
  if ($service -and $service.Status -ne 'Running') { Start-Service jobpod }
  Invoke-Checked (Join-Path $Programs 'jobpod.exe') @('rm', '--all', '--force')
}

# Scanners hold files for a moment, the event viewer jobpodd.exe for longer.
function Remove-Programs {
  for ($try = 0; $try -lt 20 -and (Test-Path -LiteralPath $Programs); $try++) {
    if ($try -gt 0) { Start-Sleep -Milliseconds 500 }
    Remove-Item -LiteralPath $Programs -Recurse -Force -ErrorAction SilentlyContinue
  }
  if (Test-Path -LiteralPath $Programs) {
    Write-Warning "$Programs cannot be removed while a program uses it (the event viewer? a prompt?); remove it later."
  }
}

$Programs = Get-FullPath $Programs
$Data = Get-FullPath $Data
# Nobody can remove the directory he is in.
Set-Location -LiteralPath $env:SystemRoot
[Environment]::CurrentDirectory = $env:SystemRoot

$pods = Get-PodCount
if ($pods -gt 0 -and -not $RemovePods) {
  throw "$pods pods are still there (jobpod-shim.exe): drain the node first, or give -RemovePods."
}
if ($pods -gt 0) { Remove-Pods }

$daemon = Join-Path $Programs 'jobpodd.exe'
if (Test-Path -LiteralPath $daemon) {
  $remove = @('service', 'remove')
  if ($RemoveData) { $remove += @('--data', $Data) }
  Invoke-Checked $daemon $remove
} elseif ($RemoveData) {
  throw "$daemon, which removes the data, is not there: name its directory with -Programs."
}
Set-OnPath $Programs $false
Remove-Programs
Write-Host 'Jobpod is removed.'
if (-not $RemoveData) { Write-Host "Images, logs and configuration are still in $Data; -RemoveData removes them." }

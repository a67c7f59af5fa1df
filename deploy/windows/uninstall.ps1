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

# The ids of all pods; none when the daemon does not run.
function Get-PodIds([string] $Client) {
  $service = Get-Service jobpod -ErrorAction SilentlyContinue
  if (-not $service -or $service.Status -ne 'Running' -or -not (Test-Path $Client)) { return @() }
  $containers = & $Client ps --all --output json | ConvertFrom-Json
  return @($containers | ForEach-Object { $_.pod } | Sort-Object -Unique)
}

$client = Join-Path $Programs 'jobpod.exe'
$pods = @(Get-PodIds $client)
if ($pods.Count -gt 0 -and -not $RemovePods) {
  throw "$($pods.Count) pods are still there: drain the node first, or give -RemovePods."
}
if ($pods.Count -gt 0) {
  & $client rm --all --force
  if ($LASTEXITCODE -ne 0) { throw 'Not every pod could be removed; see above.' }
}

$daemon = Join-Path $Programs 'jobpodd.exe'
if (Test-Path $daemon) {
  & $daemon service remove
  if ($LASTEXITCODE -ne 0) { throw 'The service could not be removed; see above.' }
}

$path = [Environment]::GetEnvironmentVariable('Path', 'Machine')
$rest = ($path -split ';' | Where-Object { $_ -and $_ -ne $Programs }) -join ';'
if ($rest -ne $path) { [Environment]::SetEnvironmentVariable('Path', $rest, 'Machine') }

if (Test-Path $Programs) { Remove-Item $Programs -Recurse -Force }
if ($RemoveData -and (Test-Path $Data)) { Remove-Item $Data -Recurse -Force }
Write-Host 'Jobpod is removed.'
if (-not $RemoveData) { Write-Host "Images, logs and configuration are still in $Data; -RemoveData removes them." }

<#
.SYNOPSIS
Installs Jobpod as a service of this node, or puts a newer one in its place. Pods that run go on.
.PARAMETER Programs
Where jobpodd.exe, jobpod-shim.exe and jobpod.exe go.
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

# Stops with the output of a program that has failed.
function Invoke-Checked([string] $Program, [string[]] $Arguments) {
  $output = & $Program @Arguments 2>&1
  if ($LASTEXITCODE -ne 0) { throw "$Program $($Arguments -join ' ') failed: $output" }
}

# SYSTEM and Administrators, by number, for their names differ from language to language; nothing inherited. Anybody may
# have made the directory before.
function New-PrivateDirectory([string] $Path) {
  New-Item -ItemType Directory -Force -Path $Path | Out-Null
  Invoke-Checked icacls.exe @($Path, '/setowner', '*S-1-5-32-544', '/q')
  Invoke-Checked icacls.exe @($Path, '/inheritance:r', '/grant:r', '*S-1-5-18:(OI)(CI)F', '*S-1-5-32-544:(OI)(CI)F', '/q')
}

# A program that runs (a pod's shim) can be renamed but not written to.
function Copy-Program([string] $Name) {
  $target = Join-Path $Programs $Name
  if (Test-Path $target) { Rename-Item $target "$Name.$([guid]::NewGuid().ToString('N')).old" }
  Copy-Item (Join-Path $PSScriptRoot $Name) $target
}

function Remove-OldPrograms {
  Get-ChildItem $Programs -Filter '*.old' | Remove-Item -ErrorAction SilentlyContinue
}

if (-not [Environment]::Is64BitOperatingSystem) { throw 'Jobpod needs a 64-bit Windows.' }
if (Get-Service jobpod -ErrorAction SilentlyContinue) { Stop-Service jobpod }

New-Item -ItemType Directory -Force -Path $Programs | Out-Null
foreach ($name in 'jobpodd.exe', 'jobpod-shim.exe', 'jobpod.exe') { Copy-Program $name }
foreach ($name in 'LICENSE', 'uninstall.ps1') { Copy-Item (Join-Path $PSScriptRoot $name) $Programs -Force }
Remove-OldPrograms

foreach ($name in '', 'root', 'root\preload', 'state', 'logs', 'registry.d') {
  New-PrivateDirectory (Join-Path $Data $name).TrimEnd('\')
}
$config = Join-Path $Data 'config.toml'
if (-not (Test-Path $config)) {
  $text = [IO.File]::ReadAllText((Join-Path $PSScriptRoot 'config.toml'))
  [IO.File]::WriteAllText($config, $text.Replace('C:\ProgramData\jobpod', $Data))
}

$daemon = Join-Path $Programs 'jobpodd.exe'
Invoke-Checked $daemon @('config', 'check', $config)
Invoke-Checked $daemon @('service', 'install', '--config', $config)

$path = [Environment]::GetEnvironmentVariable('Path', 'Machine')
if ($path -split ';' -notcontains $Programs) {
  [Environment]::SetEnvironmentVariable('Path', "$path;$Programs", 'Machine')
}

if (-not $NoStart) { Start-Service jobpod }
Write-Host "Jobpod is installed in $Programs; its configuration is $config."
Write-Host 'Look at the node with:   jobpod doctor     (in a new prompt)'
Write-Host 'Start the kubelet with:  --container-runtime-endpoint=npipe:////./pipe/jobpod'

# The agent of the Action Server's document, as it stands there but for its three addresses.
import os
import httpx
import asyncio
from typing import Dict, Any


class AgentControlPlane:
    """Agent that detects and fixes issues autonomously"""

    def __init__(self):
        self.target_api = os.environ["TARGET_SERVER_URL"]
        self.action_server = os.environ["ACTION_SERVER_URL"]
        self.chaos_server = os.environ["CHAOS_SERVER_URL"]

    async def observe_target(self) -> Dict[str, Any]:
        """Step 1: Observe target server for symptoms"""
        async with httpx.AsyncClient() as client:
            # Check health
            health = await client.get(f"{self.target_api}/api/v1/health")
            health_data = health.json()

            # Check metrics
            metrics = await client.get(f"{self.target_api}/api/v1/metrics")
            metrics_data = metrics.json()

            # Check pool status
            pool = await client.get(f"{self.target_api}/api/v1/pool/status")
            pool_data = pool.json()

            return {
                "health": health_data,
                "metrics": metrics_data,
                "pool": pool_data
            }

    async def diagnose(self, symptoms: Dict[str, Any]) -> Dict[str, Any]:
        """Step 2: Diagnose the issue"""
        pool_health = symptoms["pool"]["pool"].get("pool_health")
        error_rate = symptoms["metrics"]["application"].get("error_rate_percent", 0)
        db_status = symptoms["health"]["services"]["database"].get("status")

        # Simple rule-based diagnosis
        if pool_health == "critical" and error_rate > 50 and db_status == "unhealthy":
            return {
                "issue": "db_pool_exhaustion",
                "confidence": "high",
                "severity": "critical",
                "root_cause": "Database connection pool exhausted - leaked connections"
            }

        return {"issue": "unknown", "confidence": "low"}

    async def execute_remediation(self, diagnosis: Dict[str, Any]) -> Dict[str, Any]:
        """Step 3: Call action server to fix the issue"""
        if diagnosis["issue"] == "db_pool_exhaustion":
            async with httpx.AsyncClient() as client:
                response = await client.post(
                    f"{self.action_server}/api/v1/action/remediate-db-pool-exhaustion",
                    params={"escalate_to_db_restart": True},
                    timeout=120.0
                )
                return response.json()

        return {"error": "No remediation available"}

    async def verify_recovery(self) -> bool:
        """Step 4: Verify the fix worked"""
        async with httpx.AsyncClient() as client:
            response = await client.get(
                f"{self.action_server}/api/v1/action/verify-target-health"
            )
            health = response.json()
            return health.get("is_healthy", False)

    async def autonomous_incident_response(self):
        """Complete autonomous incident response loop"""
        print("🤖 Agent: Starting incident detection...")

        # Step 1: Observe
        print("👀 Agent: Observing target server...")
        symptoms = await self.observe_target()

        # Step 2: Diagnose
        print("🧠 Agent: Diagnosing issue...")
        diagnosis = await self.diagnose(symptoms)

        if diagnosis["issue"] == "unknown":
            print("❓ Agent: No issue detected or unable to diagnose")
            return

        print(f"🔍 Agent: Diagnosed {diagnosis['issue']} with {diagnosis['confidence']} confidence")
        print(f"📊 Root cause: {diagnosis['root_cause']}")

        # Step 3: Execute remediation
        print("🔧 Agent: Executing remediation via action server...")
        result = await self.execute_remediation(diagnosis)

        if result.get("remediation_complete"):
            print("✅ Agent: Remediation completed successfully")
            print(f"📋 Executed {len(result['execution_log'])} steps")
        else:
            print("⚠️ Agent: Remediation partially completed or failed")

        # Step 4: Verify
        print("🔍 Agent: Verifying recovery...")
        is_recovered = await self.verify_recovery()

        if is_recovered:
            print("✅ Agent: System fully recovered")
            print(f"💡 Recommendation: {result.get('recommendation')}")
        else:
            print("⚠️ Agent: System still degraded - escalating to human")

        return result


# Usage
async def main():
    agent = AgentControlPlane()
    await agent.autonomous_incident_response()


if __name__ == "__main__":
    asyncio.run(main())

import { Application } from "@hotwired/stimulus";
import AdminLitestreamController from "./controllers/admin_litestream_controller";

const application = Application.start();
application.register("admin-litestream", AdminLitestreamController);
